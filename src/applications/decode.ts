import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { formatShape } from '../core/shape';
import { asTensor, type TensorLike } from '../ops/create';

/** One of the classes that a network thinks likely. */
export interface Decoded {
  /** Its number. */
  readonly index: number;
  readonly label: string;
  /** Its identifier, where the labels have one, as ImageNet's: `'n02124075'`. */
  readonly id: string | null;
  readonly probability: number;
}

/** Labels by class number; or Keras's `imagenet_class_index.json`: `{ '0': ['n01440764', 'tench'], … }`. */
export type ClassLabels = readonly string[] | { readonly [index: string]: readonly [id: string, label: string] };

/**
 * The most likely classes of each sample.
 *
 * @param predictions - probabilities, `[samples, classes]`.
 * @param options - `labels` (required): one for each class, or the content of Keras's `imagenet_class_index.json`; `top = 5`.
 * @returns for each sample, the most likely classes, the likeliest first.
 * @throws ConfigError where there is not one label for each class; ShapeError for what is no matrix.
 *
 * @example
 * ```ts
 * import { decodePredictions } from 'kompakt/applications';
 * const [[best]] = decodePredictions([[0.2, 0.7, 0.1]], { top: 1, labels: ['cat', 'dog', 'owl'] });
 * console.log(best.label, best.probability.toFixed(1)); // → dog 0.7
 * ```
 */
export function decodePredictions(
  predictions: TensorLike,
  options: { readonly labels: ClassLabels; readonly top?: number | undefined },
): Decoded[][] {
  checkOptions(options, ['labels', 'top'], 'decodePredictions');
  const { labels, top = 5 } = options;
  if (!Number.isInteger(top) || top < 1)
    throw new ConfigError(`decodePredictions: top must be a positive integer, got ${String(top)}.`);
  const y = asTensor(predictions);
  if (y.rank !== 2)
    throw new ShapeError(
      `decodePredictions: expected predictions [samples, classes], got shape ${formatShape(y.shape)}.`,
    );
  const [samples, classes] = y.shape as readonly [number, number];
  const named = labelsOf(labels, classes);
  const values = y.dataSync();
  return Array.from({ length: samples }, (_, s) => {
    const order = Array.from({ length: classes }, (_, c) => c);
    const at = (c: number): number => Number(values[s * classes + c]);
    order.sort((a, b) => at(b) - at(a));
    return order.slice(0, top).map((c) => ({ index: c, ...named[c]!, probability: at(c) }));
  });
}

function labelsOf(labels: ClassLabels, classes: number): { readonly label: string; readonly id: string | null }[] {
  if (typeof labels !== 'object' || labels === null)
    throw new ConfigError('decodePredictions: labels must be a list, one for each class.');
  const list: unknown[] = Array.isArray(labels)
    ? labels
    : Array.from({ length: Object.keys(labels).length }, (_, i) => (labels as { [index: string]: unknown })[i]);
  if (list.length !== classes)
    throw new ConfigError(`decodePredictions: there are ${list.length} labels for ${classes} classes.`);
  return list.map((label, i) => {
    if (typeof label === 'string') return { label, id: null };
    if (Array.isArray(label) && typeof label[1] === 'string') return { label: label[1], id: String(label[0]) };
    throw new ConfigError(`decodePredictions: class ${i} has no label, but ${JSON.stringify(label)}.`);
  });
}
