/**
 * Decompositions: principal components, and the singular value decomposition of sparse samples.
 *
 * @module
 */

export { FittedPCA } from './fitted-pca';
export { PCA, type PCAOptions } from './pca';
export { FittedTruncatedSVD, TruncatedSVD, type TruncatedSVDOptions } from './truncated-svd';
