import { type FunctionBuilder, i32, type Local } from '../assembler/index';

export type Words<W extends string> = Readonly<Record<W, Local<'i32'>>>;

/** The parameters at `params` as locals, by default all of them. */
export function readWords<W extends string, R extends W = W>(
  f: FunctionBuilder,
  params: Local<'i32'>,
  names: readonly W[],
  wanted: readonly R[] = names as readonly never[],
): Words<R> {
  const words: Partial<Record<R, Local<'i32'>>> = {};
  for (const name of wanted) words[name] = f.local('i32', i32.load(params, 4 * names.indexOf(name)));
  return words as Words<R>;
}
