/** A function that runs by plans. */
export interface Planned<A, R> {
  (args: A): R;
  /** Frees the plans; calling the function makes new ones. */
  dispose(): void;
}

/** Turns a function of nests of tensors into one that computes the same by plans. */
export type Compile = <A, R>(f: (args: A) => R) => Planned<A, R>;

/**
 * Runs a function of nests of tensors: compiled, or as it is where it can't be compiled, because it looks at values.
 */
export class Runner<A, R> {
  #plan: Planned<A, R> | null;

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
    this.dispose();
    this.#plan = null;
  }

  /** Frees the plans. It stays usable. */
  dispose(): void {
    this.#plan?.dispose();
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
