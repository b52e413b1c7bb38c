import type { Backend } from '../../core/backend';
import { ShapeError } from '../../core/errors';
import { scope } from '../../core/scope';
import type { Tensor } from '../../core/tensor';
import { type SampleSource, sampleSourceSync } from '../../data/batches';
import { concat } from '../../ops/index';
import type { Inputs } from '../options';
import { partsOf } from '../per-output';
import type { Network } from './network';

/** The samples of each input. */
export function sourcesOf({ inputs }: Network, x: Inputs, backend: Backend): SampleSource[] {
  const parts = partsOf(
    x,
    inputs.map((input) => input.name),
    'predict: x',
  );
  const sources = parts.map((own, i) => {
    const { name, dtype } = inputs[i]!;
    return sampleSourceSync(own, backend, dtype, inputs.length === 1 ? 'predict: x' : `predict: x '${name}'`);
  });
  const lengths = sources.map((source) => source.length);
  if (lengths.some((n) => n !== lengths[0]))
    throw new ShapeError(`predict: the inputs hold ${lengths.join(', ')} samples. Give as many of each.`);
  return sources;
}

/** The outputs for all samples, run in batches; null where there are none. */
export function predictInBatches(
  sources: readonly SampleSource[],
  batchSize: number,
  run: (xs: readonly Tensor[]) => readonly Tensor[],
): readonly Tensor[] | null {
  const { length } = sources[0]!;
  const parts: (readonly Tensor[])[] = [];
  for (let at = 0; at < length; at += batchSize) {
    const end = Math.min(at + batchSize, length);
    parts.push(scope(() => run(sources.map((source) => source.range(at, end)))));
  }
  if (parts.length < 2) return parts[0] ?? null;
  return parts[0]!.map((_, k) =>
    concat(
      parts.map((ys) => ys[k]!),
      0,
    ),
  );
}
