import type { Backend } from '../../core/backend';
import { FormatError, KompaktError } from '../../core/errors';
import type { Seed } from '../../core/rng';
import { scope } from '../../core/scope';
import type { Shape } from '../../core/shape';
import { linearNetwork, shapesThrough } from '../../nn/graph/network';
import type { AnyLayer, Layer, WeightShapes } from '../../nn/layer';
import { Sequential } from '../../nn/sequential';
import { weightShapesOf } from '../../nn/weight-shapes';
import type { Assembly } from './assembly';
import { type Filled, readWeights } from './fill';

/** A model of this many weights takes more memory than any machine that this runs on has. */
const MAX_WEIGHTS = 2 ** 36;

export interface ModelPlace {
  readonly backend: Backend;
  readonly seed?: Seed | undefined;
}

/** The layers of an assembly, in the order of their calls, where each has one input: that of the one before. */
function chainOf({ calls, inputs, outputs }: Assembly): readonly number[] | null {
  const isChain =
    inputs.length === 1 &&
    outputs.length === 1 &&
    outputs[0]!.call === calls.length - 1 &&
    outputs[0]!.output === 0 &&
    calls.every(({ inputs: from }, i) => from.length === 1 && from[0]!.call === i - 1 && from[0]!.output === 0) &&
    new Set(calls.map((call) => call.layer)).size === calls.length;
  return isChain ? calls.map((call) => call.layer) : null;
}

/** What an assembly becomes, once it has weights. */
export interface Blueprint {
  /** By position of the layer; null for layers that are never called. */
  readonly shapes: readonly (WeightShapes | null)[];
  build(filled: ReadonlyMap<number, Filled>, place: ModelPlace): Sequential;
}

/** Errors of layers that don't fit each other, as errors of the file. */
export function asFormatError<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof FormatError || !(cause instanceof KompaktError)) throw cause;
    throw new FormatError(`${what}: the file describes a model that can't be built here. ${cause.message}`, { cause });
  }
}

/** Checks that the layers fit each other, and finds out what weights they need. */
export function blueprint(assembly: Assembly, inputShape: Shape): Blueprint {
  const { what } = assembly.making;
  const chain = chainOf(assembly);
  if (chain === null) throw new FormatError(`${what}: graphs can't be built yet.`);
  const layers = chain.map((i) => assembly.layers[i]! as Layer);
  const shapes = asFormatError(what, () => {
    const names = chain.map((i) => assembly.names[i]!);
    const through = shapesThrough(linearNetwork(layers, names, inputShape), [inputShape]);
    return chain.map((layer, i) => [layer, weightShapesOf(assembly.layers[layer]!, [through[i]!])] as const);
  });
  const byLayer: (WeightShapes | null)[] = assembly.layers.map(() => null);
  for (const [layer, own] of shapes) byLayer[layer] = own;
  checkSize(byLayer, assembly.layers, what);
  return {
    shapes: byLayer,
    build: (filled, { backend, seed }) =>
      asFormatError(what, () =>
        scope(() =>
          Sequential.from({
            layers,
            names: chain.map((i) => assembly.names[i]!),
            inputShape,
            weights: chain.map((i) => {
              const own = filled.get(i);
              return own === undefined ? { params: {}, state: {} } : readWeights(own, backend);
            }),
            backend,
            seed,
          }),
        ),
      ),
  };
}

function checkSize(shapes: readonly (WeightShapes | null)[], layers: readonly AnyLayer[], what: string): void {
  let total = 0;
  shapes.forEach((own, i) => {
    if (own === null) return;
    for (const shape of [...Object.values(own.params), ...Object.values(own.state)])
      total += shape.reduce((n, size) => n * (Number.isNaN(size) ? 1 : size), 1);
    if (total > MAX_WEIGHTS)
      throw new FormatError(
        `${what}: with '${layers[i]!.name}', the model has ${total} weights, more than can be kept.`,
      );
  });
}
