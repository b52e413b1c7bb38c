import { ConfigError, ShapeError } from '../../core/errors';
import type { Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { zeros } from '../../ops/create';
import { add } from '../../ops/elementwise';
import { callAsMany } from '../call-layer';
import { applySelf } from '../graph/symbolic';
import type {
  AnyLayer,
  CallContext,
  Carried,
  ConstraintConfig,
  Layer,
  ManyForm,
  ManyInputs,
  ManyResult,
  Mask,
  Params,
  RegularizerConfig,
  WeightShapes,
} from '../layer';
import { weightShapesOf } from '../weight-shapes';
import type { LayerConfig, OptionReader } from './options';

/** A layer within another one, as the outer one's config holds it. */
export interface InnerConfig {
  readonly kind: string;
  readonly config: object;
}

/** A layer that another one is made of, and the shapes of its inputs. */
export interface Part {
  readonly layer: AnyLayer;
  readonly inputs: readonly Shape[];
}

/** In the order of their weights, by the names that come before those of the weights: `forward/kernel`. */
export type Parts = { readonly [name: string]: Part };

/** Runs parts by name. */
export interface PartCalls {
  /** A part on one input: its first output. */
  one(part: string, x: Tensor, mask?: Mask): Tensor;
  /** A part on any inputs: all its outputs. */
  many(part: string, inputs: ManyInputs, ctx?: CallContext): Pick<ManyResult, 'ys' | 'masks'>;
  /** Of the whole: that of the parts under their names, and its own. */
  readonly state: Params;
}

/** What distinguishes a kind of layer that is made of others. Shapes leave the batch axis out. */
export interface NestedRule {
  readonly arity: { readonly min: number; readonly max: number };
  /** The layers it is made of, for inputs of these shapes; throws a ShapeError where they do not fit. */
  parts(inputs: readonly Shape[]): Parts;
  outputShapes(inputs: readonly Shape[]): readonly Shape[];
  run(
    inputs: ManyInputs,
    parts: PartCalls,
    ctx: CallContext,
  ): Pick<ManyResult, 'ys' | 'masks'> & { readonly state?: Params };
  /** By default those of all parts. */
  multiplyAdds?(inputs: readonly Shape[]): number;
  readonly regularizers?: { readonly [param: string]: RegularizerConfig };
  readonly constraints?: { readonly [param: string]: ConstraintConfig };
  readonly carried?: Carried;
  /** The shapes, batch included, of a state of its own, beside that of the parts; it begins with zeros. */
  carries?(inputs: readonly Shape[]): { readonly [name: string]: Shape };
}

/** The general form of any layer. */
export function manyFormOf(layer: AnyLayer): ManyForm {
  if (layer.many !== undefined) return layer.many;
  const one = layer as Layer;
  return {
    outputShapes: ([x]) => [one.outputShape(x!)],
    init: ([x], rng, backend) => one.init(x!, rng, backend),
    call: (params, state, inputs, ctx) => callAsMany(one, params, state, inputs, { ...ctx, mask: null }),
    multiplyAdds: ([x]) => one.multiplyAdds(x!),
  };
}

/** What a config says of a layer within. */
export const innerConfig = ({ kind, config }: AnyLayer): InnerConfig => ({ kind, config });

/** Records with the name of a part before theirs. */
export function prefixed<T>(part: string, record: { readonly [name: string]: T } = {}): { [name: string]: T } {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [`${part}/${name}`, value]));
}

/** The entries of a part, under its own names. */
function partOf(part: string, record: Params): Params {
  const start = `${part}/`;
  return Object.fromEntries(
    Object.entries(record)
      .filter(([name]) => name.startsWith(start))
      .map(([name, value]) => [name.slice(start.length), value]),
  );
}

/** The layer that an option holds. */
export function innerLayer(o: OptionReader, option: string): AnyLayer {
  const given = o.raw(option) as AnyLayer | null | undefined;
  if (typeof given !== 'object' || given === null || typeof given.call !== 'function') {
    throw new ConfigError(
      `${o.label}: ${option} must be a layer, such as what lstm({ units: 8 }) returns; layerFromConfig makes one of a config.`,
    );
  }
  return given;
}

/** A layer made of others. */
export function defineNested<C extends LayerConfig>(o: OptionReader, config: C, rule: NestedRule): Layer<C> {
  const many = nestedForm(rule, o.label);
  return {
    kind: o.kind,
    name: o.name,
    config,
    trainable: config.trainable,
    outputShape: (input) => many.outputShapes([input])[0]!,
    init: (input, rng, backend) => many.init([input], rng, backend),
    weightShapes: (inputs) => partShapes(rule.parts(inputs), rule.carries?.(inputs)),
    call(params, state, x, ctx) {
      const { ys, masks, ...rest } = many.call(params, state, { xs: [x], masks: [ctx.mask ?? null] }, ctx);
      return { ...rest, y: ys[0]!, mask: masks?.[0] ?? null };
    },
    multiplyAdds: (input) => many.multiplyAdds([input]),
    ...(rule.regularizers !== undefined && { regularizers: rule.regularizers }),
    ...(rule.constraints !== undefined && { constraints: rule.constraints }),
    ...(rule.carried !== undefined && { carried: rule.carried }),
    many,
    apply: applySelf,
  };
}

function partShapes(parts: Parts, own: WeightShapes['state'] = {}): WeightShapes {
  const told = Object.entries(parts).map(([name, { layer, inputs }]) => [name, weightShapesOf(layer, inputs)] as const);
  return {
    params: Object.assign({}, ...told.map(([name, { params }]) => prefixed(name, params))) as WeightShapes['params'],
    state: Object.assign({}, ...told.map(([name, { state }]) => prefixed(name, state)), own) as WeightShapes['state'],
  };
}

function nestedForm(rule: NestedRule, label: string): ManyForm {
  const { min, max } = rule.arity;
  const partsFor = (inputs: readonly Shape[]): Parts => {
    if (inputs.length < min || inputs.length > max) {
      const wanted = min === max ? `${min}` : `${min} to ${max}`;
      throw new ShapeError(`${label}: takes ${wanted} inputs, got ${inputs.length}. Call apply([a, b]).`);
    }
    return rule.parts(inputs);
  };
  return {
    outputShapes(inputs) {
      partsFor(inputs);
      return rule.outputShapes(inputs);
    },
    init(inputs, rng, backend) {
      const made = Object.entries(partsFor(inputs)).map(
        ([name, { layer, inputs: own }]) => [name, manyFormOf(layer).init(own, rng, backend)] as const,
      );
      return {
        params: Object.assign({}, ...made.map(([name, { params }]) => prefixed(name, params))) as Params,
        state: Object.assign(
          {},
          ...made.map(([name, { state }]) => prefixed(name, state)),
          ...Object.entries(rule.carries?.(inputs) ?? {}).map(([name, shape]) => ({
            [name]: zeros(shape, { backend }),
          })),
        ) as Params,
      };
    },
    call(params, state, inputs, ctx) {
      for (const x of inputs.xs)
        if (x.rank === 0) throw new ShapeError(`${label}: an input is a scalar; it must have a batch axis.`);
      const parts = partsFor(inputs.xs.map((x) => x.shape.slice(1)));
      const calls = new Calls(parts, params, state, ctx);
      const { state: own, ...result } = rule.run(inputs, calls, ctx);
      const after = own === undefined ? calls.state : { ...calls.state, ...own };
      return { ...result, state: after, penalty: calls.penalty };
    },
    multiplyAdds(inputs) {
      if (rule.multiplyAdds !== undefined) return rule.multiplyAdds(inputs);
      const parts = Object.values(partsFor(inputs));
      return parts.reduce((n, { layer, inputs: own }) => n + manyFormOf(layer).multiplyAdds(own), 0);
    },
  };
}

/** The calls of the parts in one call of the whole. */
class Calls implements PartCalls {
  readonly #parts: Parts;
  readonly #params: Params;
  readonly #ctx: CallContext;
  /** Of all parts after the calls so far. */
  state: Params;
  penalty: Tensor | undefined;

  constructor(parts: Parts, params: Params, state: Params, ctx: CallContext) {
    this.#parts = parts;
    this.#params = params;
    this.state = state;
    this.#ctx = ctx;
  }

  one(part: string, x: Tensor, mask: Mask = null): Tensor {
    return this.many(part, { xs: [x], masks: [mask] }).ys[0]!;
  }

  many(part: string, inputs: ManyInputs, ctx: CallContext = this.#ctx): Pick<ManyResult, 'ys' | 'masks'> {
    const before = partOf(part, this.state);
    const form = manyFormOf(this.#parts[part]!.layer);
    const { ys, masks, state, penalty } = form.call(partOf(part, this.#params), before, inputs, ctx);
    if (state !== before) this.state = { ...this.state, ...prefixed(part, state) };
    if (penalty !== undefined) this.penalty = this.penalty === undefined ? penalty : add(this.penalty, penalty);
    return { ys, masks };
  }
}
