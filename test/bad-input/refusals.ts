import { KompaktError } from 'kompakt';
import { expect, it } from 'vitest';

/** A call that must fail: what it is, the call, the class of the error and what its message must say. */
export type Refusal = readonly [
  name: string,
  call: () => unknown,
  error: abstract new (message: string) => KompaktError,
  message: RegExp,
];

/** `value` where TypeScript would not let it stand: what people without a type checker write. */
export const js = (value: unknown): never => value as never;

/** `f` taking anything. */
export const loose = (f: unknown): ((...args: unknown[]) => unknown) => f as (...args: unknown[]) => unknown;

async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** One test per row: the call fails, or its promise is rejected, with just that class and a message that helps. */
export function refuses(rows: readonly Refusal[]): void {
  it.each(rows.map((row) => [row[0], row] as const))('%s', async (_, [, call, expected, message]) => {
    const error = await failureOf(call);
    expect(error, 'nothing was thrown').toBeDefined();
    expect(error, String(error)).toBeInstanceOf(KompaktError);
    expect(error, String(error)).toBeInstanceOf(expected);
    const text = (error as KompaktError).message;
    expect(text).toMatch(message);
    // A sentence, in which nothing was printed by accident.
    expect(text).toMatch(/[.)?]$|: .+/);
    expect(text).not.toMatch(/\[object |is not a function|of undefined|of null/);
  });
}
