/** What launching a product must know of an arithmetic; its code is made with what is in `arithmetic.ts`. */
export interface Elements {
  /** First part of the kernel names. */
  readonly name: string;
  /** Size of one packed element. */
  readonly bytes: 4 | 8;
  /** Packed elements in a vector. */
  readonly lanes: 4 | 2;
}

export const ELEMENTS = {
  f32: { name: 'f32', bytes: 4, lanes: 4 },
  'f32-fma': { name: 'f32-fma', bytes: 4, lanes: 4 },
  f64: { name: 'f64', bytes: 8, lanes: 2 },
  i32: { name: 'i32', bytes: 4, lanes: 4 },
  i8: { name: 'i8', bytes: 4, lanes: 4 },
} as const satisfies Readonly<Record<string, Elements>>;

export type ArithmeticName = keyof typeof ELEMENTS;
