/** Turns a function of nests of tensors into one that computes the same by a plan. */
export type Compile = <A, R>(f: (args: A) => R) => (args: A) => R;

/**
 * Runs a function of nests of tensors: compiled, or as it is where it can't be compiled, because it looks at values.
 */
export class Runner<A, R> {
  #plan: ((args: A) => R) | null;

  /** @param body - computes a result from `args` alone. */
  constructor(body: (args: A) => R, compile: Compile | null) {
    this.#plan = compile === null ? null : compile(body);
  }

  /** Whether a plan is run, as far as is known. */
  get isCompiled(): boolean {
    return this.#plan !== null;
  }

  /** From now on, there is no plan. */
  giveUp(): void {
    this.#plan = null;
  }

  /**
   * The result for `args`.
   *
   * @param eagerly - computes it without a plan. What goes wrong in a plan is tried again this way: so errors of the
   * user's functions, of shapes and of values read the same in both, and a function that works only this way is no longer
   * compiled.
   */
  run(args: A, eagerly: () => R): R {
    if (this.#plan === null) return eagerly();
    try {
      return this.#plan(args);
    } catch {
      const result = eagerly();
      this.giveUp();
      return result;
    }
  }
}
