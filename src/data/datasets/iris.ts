/**
 * @license The iris data as distributed by scikit-learn, Copyright (c) 2007-2022 The scikit-learn developers,
 * BSD-3-Clause: see the LICENSE file beside this module's source. Written by scripts/embed-datasets.py.
 */
import { type Dataset, unpack } from './unpack';

/**
 * 150 iris flowers of three species: length and width of sepals and petals, in cm.
 *
 * @returns `X` `[150, 4]`, `y` `[150]` and the names; a fresh copy at every call.
 *
 * Source: R. A. Fisher 1936, “The use of multiple measurements in taxonomic problems”; UCI Machine Learning Repository.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * console.log(iris().X.shape); // → [ 150, 4 ]
 * ```
 */
export function iris(): Dataset {
  return unpack({
    rows: 150,
    decimals: [1, 1, 1, 1],
    widths: [2, 1, 2, 1],
    values: VALUES,
    target: TARGET,
    featureNames: FEATURES,
    targetNames: ['setosa', 'versicolor', 'virginica'],
    description:
      '150 iris flowers of three species: length and width of sepals and petals, in cm. Source: R. A. Fisher 1936, “The use of multiple measurements in taxonomic problems”; UCI Machine Learning Repository.',
  });
}

// biome-ignore format: generated
const FEATURES: readonly string[] = [
    'sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)',
];

// biome-ignore format: generated
const TARGET = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC';

// biome-ignore format: generated
const VALUES = 'AzAxAvAuAyA2AuAyAsAxA2AwAwArA6A5A2AzA5AzA2AzAuAzAwAyAyA0A0AvAwA2A0A3AxAyA3AxAsAzAyAtAsAyAzAwAzAuA1AyBGBABFA3BBA5A/AxBCA0AyA7A8A9A4BDA4A6A+A4A7A9A/A9BABCBEBDA8A5A3A3A6A8A2A8BDA/A4A3A3A9A6AyA4A5A5A+AzA5A/A6BHA/BBBMAxBJBDBIBBBABEA5A6BABBBNBNA8BFA4BNA/BDBIA+A9BABIBKBPBAA/A9BNA/BAA8BFBDBFA6BEBDBDA/BBA+A7jegfkniidflieeosnjmmilkhieijigfipqfgjkeijXgjmemglhggfXcchYdbUeWddfebWZgcZcdecedaYYbbeifXeZaeaXbeddZchbedeeZdZkgbeZcgemaWgccbhgcececmccaeifefffbgheZeieAOAOANAPAOARAOAPAOAPAPAQAOALAMAPANAOARAPARAPAKARATAQAQAPAOAQAQAPAPAOAPAMANAOANAPANANANAQATAOAQAOAPAOAvAtAxAoAuAtAvAhAuAnAjAqAoAvAkAsAtApAtAnAwAoAxAvArAsAwAyAtAjAmAlAnAzAtAtAvAsApAoAsAuAoAhAqAqAqArAeApA8AzA7A4A6BCAtA/A6A9AzA1A3AyAzA1A3BDBFAyA5AxBDAxA5A8AwAxA4A6A9BAA4AzA4A9A4A3AwA2A4AzAzA7A5A0AyA0A2AzCCCCCEDCCBCCBBCEEDDDCECFCCECCCCEBCCCCBCCDDCGEDCCCCOPPNPNQKNOKPKONOPKPLSNPMNOORPKLKMQPQPNNNMOMKNMNNLNZTVSWVRSSZUTVUYXSWXPXUUSVSSSVQTUWPOXYSSVYXTXZXTUXS';
