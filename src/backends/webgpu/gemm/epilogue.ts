import type { Operand } from '../../../core/backend';
import { expressionKey } from '../../../core/expression';
import { broadcastStrides } from '../../../core/shape';
import type { ElementType, ParameterType } from '../code';
import { loaded, lower, scalarTypes, scalarValue, stored } from '../elementwise/lower';
import { type Epilogue, elementType, type KernelContext, numbered } from '../kernel';
import { type Walk, walkFields, walkFunction, walkParams, walks } from '../walk';

/** An epilogue as parts of a kernel. */
export interface EpilogueCode {
  readonly key: string;
  readonly operands: readonly Operand[];
  readonly reads: Readonly<Record<string, ElementType>>;
  readonly fields: Readonly<Record<string, ParameterType>>;
  readonly params: Readonly<Record<string, number>>;
  readonly result: ElementType;
  /** Declares `finish(place, value)`. */
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
  const type = elementType(out.dtype);
  const loads = others.map(
    ({ x, k }) => `let e${k} = ${loaded(`extra${k}[p.extra${k}_first + extra${k}_at(place)]`, x.dtype)};`,
  );
  return {
    key: `${expressionKey(expression)} ${inputs.map((x) => x.dtype)} ${product} ${rank}`,
    operands: others.map(({ x }) => x),
    reads: Object.fromEntries(others.map(({ x, k }) => [`extra${k}`, elementType(x.dtype)])),
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
    result: type,
    text: [
      ...others.map(({ k }) => walkFunction(`extra${k}_at`, rank)),
      `fn finish(place: u32, value: f32) -> ${type} {`,
      ...loads,
      statements,
      `return ${stored(result, out.dtype)};`,
      '}',
    ].join('\n'),
  };
}
