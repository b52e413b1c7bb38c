import { ConfigError } from '../core/errors';
import type { SampleSource } from '../data/batches';
import type { ClassWeight } from './options';

/** Class weights as a map, checked; null where there are none. */
export function checkClassWeight(classWeight: ClassWeight | undefined, what: string): Map<number, number> | null {
  if (classWeight === undefined) return null;
  if (typeof classWeight !== 'object' || classWeight === null || Array.isArray(classWeight)) {
    throw new ConfigError(
      `${what}: classWeight must be a record such as { 0: 1, 1: 5 }, got ${JSON.stringify(classWeight)}. ` +
        'computeClassWeight of kompakt/imbalanced gives balanced weights.',
    );
  }
  const entries =
    classWeight instanceof Map
      ? [...classWeight]
      : Object.entries(classWeight as object).map(([k, v]) => [Number(k), v] as const);
  for (const [label, weight] of entries as [number, number][]) {
    if (!Number.isInteger(label) || label < 0)
      throw new ConfigError(`${what}: classWeight must be keyed by class numbers 0, 1, …, got '${label}'.`);
    if (!Number.isFinite(weight) || weight < 0)
      throw new ConfigError(`${what}: classWeight of class ${label} must be a number ≥ 0, got ${weight}.`);
  }
  return new Map(entries as [number, number][]);
}

/** The weight of every sample: its own times that of its class; null where neither is given. */
export async function sampleWeights(
  y: SampleSource,
  given: Float32Array | null,
  classWeight: ClassWeight | undefined,
  what: string,
): Promise<Float32Array | null> {
  const classes = checkClassWeight(classWeight, what);
  if (classes === null) return given;
  if (y.shape.length > 1) {
    throw new ConfigError(
      `${what}: classWeight needs one class per sample, but targets have shape [batch, ${y.shape.join(', ')}]. Use sampleWeight.`,
    );
  }
  const values = await y.values();
  const width = y.shape[0] ?? 1;
  return Float32Array.from(
    { length: y.length },
    (_, i) => (given?.[i] ?? 1) * (classes.get(labelAt(values, i, width)) ?? 1),
  );
}

/** The class of sample `i`: its number, or the place of the largest value of its row. */
function labelAt(values: ArrayLike<number>, i: number, width: number): number {
  if (width === 1) return values[i]!;
  let best = 0;
  for (let c = 1; c < width; c++) if (values[i * width + c]! > values[i * width + best]!) best = c;
  return best;
}
