import type { Operand } from '../../../core/backend';
import { expressionKey } from '../../../core/expression';
import { broadcastStrides } from '../../../core/shape';
import type { ElementType, ParameterType } from '../code';
import { lower, scalarTypes, scalarValue } from '../elementwise/lower';
import { type Kept, keptOf, keptType, loaded, stored } from '../half';
import { type Epilogue, type KernelContext, numbered } from '../kernel';
import { type Walk, walkFields, walkFunction, walkParams, walks } from '../walk';

/** An epilogue as parts of a kernel. */
export interface EpilogueCode {
  readonly key: string;
  readonly operands: readonly Operand[];
  readonly reads: Readonly<Record<string, ElementType>>;
  readonly fields: Readonly<Record<string, ParameterType>>;
  readonly params: Readonly<Record<string, number>>;
  /** How the result is kept. */
  readonly result: Kept;
  /** Declares `finish(place, value)`, with the help of `narrowed`. */
  readonly text: string;
}

export function epilogueCode(
  { expression, scalars, inputs, product, out }: Epilogue,
  context: KernelContext,
): EpilogueCode {
  const others = inputs.flatMap((x, k) => (k === product ? [] : [{ x, k }]));
  const steps = others.map(({ x }) => broadcastStrides(x.shape, x.strides, out.shape));
  const found: readonly Walk[] = others.length === 0 ? [] : walks(out.shape, steps);
  const rank = found[0]?.shape.length ?? 0;
  const types = scalarTypes(expression);
  const { statements, result } = lower(
    expression,
    inputs.map((_, k) => (k === product ? 'value' : `e${k}`)),
    types.map((_, s) => `p.scalar${s}`),
  );
  const kept = keptOf(out);
  const loads = others.map(
    ({ x, k }) => `let e${k} = ${loaded(`extra${k}[p.extra${k}_first + extra${k}_at(place)]`, x)};`,
  );
  return {
    key: `${expressionKey(expression)} ${inputs.map((x) => x.dtype)} ${[...inputs, out].map(keptOf)} ${product} ${rank}`,
    operands: others.map(({ x }) => x),
    reads: Object.fromEntries(others.map(({ x, k }) => [`extra${k}`, keptType(keptOf(x))])),
    fields: {
      ...Object.fromEntries(others.map(({ k }) => [`extra${k}_first`, 'i32' as const])),
      ...Object.assign({}, ...others.map(({ k }) => walkFields(`extra${k}_at`, rank))),
      ...Object.fromEntries(types.map((t, s) => [`scalar${s}`, t])),
    },
    params: {
      ...Object.fromEntries(others.map(({ x, k }) => [`extra${k}_first`, context.first(x)])),
      ...Object.assign({}, ...others.map(({ k }, i) => walkParams(`extra${k}_at`, found[i]!))),
      ...numbered(
        'scalar',
        types.map((t, s) => scalarValue(scalars[s]!, t)),
      ),
    },
    result: kept,
    text: [
      ...others.map(({ k }) => walkFunction(`extra${k}_at`, rank)),
      `fn finish(place: u32, value: f32) -> ${keptType(kept)} {`,
      ...loads,
      statements,
      `return ${stored(result, out.dtype, kept)};`,
      '}',
    ].join('\n'),
  };
}
