import { type Contender, expectAgreement, type MeasureOptions, measure, type Timing } from './measure';

/** One way to do a piece of work: how to compute a result, look into it and free it, as a user would. */
export interface Entry {
  readonly name: string;
  /** Does the work, all of it: an engine that only notes it down is made to compute here. */
  compute(): unknown;
  /** Every number of the result. */
  read(result: unknown): ArrayLike<number>;
  free(result: unknown): void;
  /** Brings what was read into the order of the first entry, where the engine's layout differs. */
  reorder?(values: ArrayLike<number>): ArrayLike<number>;
}

/** An entry whose results have one type. */
export function entry<R>(of: {
  readonly name: string;
  compute(): R | Promise<R>;
  read(result: R): ArrayLike<number>;
  free?(result: R): void;
  reorder?: ((values: ArrayLike<number>) => ArrayLike<number>) | undefined;
}): Entry {
  return {
    name: of.name,
    compute: of.compute,
    read: (result) => of.read(result as R),
    free: (result) => of.free?.(result as R),
    reorder: (values) => of.reorder?.(values) ?? values,
  };
}

export interface CompareOptions extends MeasureOptions {
  /** How far results may differ from the first entry's, relative to their largest value; by default 1e-3. */
  readonly tolerance?: number;
  /** Yardsticks, timed with the entries but computing something else. */
  readonly yardsticks?: readonly Contender[];
}

/** Computes with every entry, fails unless all agree with the first, then times them in turn. */
export async function compare(
  work: string,
  entries: readonly Entry[],
  options: CompareOptions = {},
): Promise<Timing[]> {
  let first: ArrayLike<number> | undefined;
  for (const one of entries) {
    const result = await one.compute();
    // A copy: what was read may be a view of memory that the next entry grows.
    const read = one.read(result);
    const values = Float64Array.from(one.reorder?.(read) ?? read);
    one.free(result);
    if (first === undefined) first = values;
    else expectAgreement(`${work}, ${one.name} against ${entries[0]!.name}`, values, first, options.tolerance);
  }
  return measure([...entries.map(contender), ...(options.yardsticks ?? [])], options);
}

function contender(one: Entry): Contender {
  return {
    name: one.name,
    run: () => one.compute(),
    read: (result) => one.read(result)[0]!,
    free: (result) => one.free(result),
  };
}
