import type { Owned } from '../core/lifetime';
import type { Tensor } from '../core/tensor';
import { forward } from './forward';
import { deferringChecks } from './indices';
import type { Layer, LayerWeights } from './layer';
import { type Compile, Runner } from './runner';

interface Args {
  readonly weights: readonly LayerWeights[];
  readonly x: Tensor;
}

interface Result {
  readonly y: Tensor;
  /** How many tokens were out of range, where that was not checked on the way. */
  readonly strangers: readonly Tensor[];
}

/** Most shapes that are remembered as seen once. */
const MOST_SHAPES = 32;
/** After so many calls with the same weights, they are taken for constant however often they changed before. */
const MOST_PATIENCE = 64;

/**
 * Runs layers for their output. Tensors it makes belong to the scope of the call.
 *
 * Weights that stay the same from call to call are constants of the plans, so that what depends on them alone is computed
 * once. Such plans go when the weights change; the more often that happens, the later new ones are made, and weights are
 * arguments of plans until then.
 */
export class Predictor implements Owned {
  readonly pinnedBy = null;
  readonly #layers: readonly Layer[];
  readonly #open: Runner<Args, Result>;
  readonly #fixed: Runner<Tensor, Result>;
  /** Shapes of inputs so far: to make a plan pays where it is run again. */
  readonly #seen = new Set<string>();
  #weights: readonly LayerWeights[] = [];
  /** Calls with these weights. */
  #calls = 0;
  #patience = 1;
  #isFixed = false;

  constructor(layers: readonly Layer[], compile: Compile | null) {
    this.#layers = layers;
    this.#open = new Runner((args) => this.#body(args), compile);
    this.#fixed = new Runner((x) => this.#body({ weights: this.#weights, x }), compile);
  }

  /** Whether plans are run, for shapes that come again, as far as is known. */
  get isCompiled(): boolean {
    return this.#open.isCompiled && this.#fixed.isCompiled;
  }

  /** Frees the plans. It stays usable. */
  dispose(): void {
    this.#open.dispose();
    this.release();
  }

  /** Lets go of the weights of the last call, and of the plans that hold them. */
  release(): void {
    this.#weights = [];
    if (!this.#isFixed) return;
    this.#isFixed = false;
    this.#fixed.dispose();
    this.#patience = Math.min(2 * this.#patience, MOST_PATIENCE);
  }

  run(weights: readonly LayerWeights[], x: Tensor): Tensor {
    this.#count(weights);
    const args = { weights, x };
    const eagerly = (): Result => this.#body(args);
    const { y, strangers } = this.#isNew(x) ? eagerly() : this.#plan(args, eagerly);
    // Where nothing can be read without waiting, tokens out of range pass, as they do without a plan.
    const isWrong = strangers.some((n) => n.backend.host(n.block) !== null && n.item() > 0);
    return isWrong ? eagerly().y : y;
  }

  #count(weights: readonly LayerWeights[]): void {
    if (weights !== this.#weights) {
      this.release();
      this.#weights = weights;
      this.#calls = 0;
    }
    this.#calls++;
  }

  #plan(args: Args, eagerly: () => Result): Result {
    if (this.#calls <= this.#patience) return this.#open.run(args, eagerly);
    this.#isFixed = true;
    return this.#fixed.run(args.x, eagerly);
  }

  #isNew({ shape }: Tensor): boolean {
    const key = shape.join();
    if (this.#seen.has(key)) return false;
    if (this.#seen.size < MOST_SHAPES) this.#seen.add(key);
    return true;
  }

  #body({ weights, x }: Args): Result {
    const { result, strangers } = deferringChecks(
      () => forward(this.#layers, weights, x, { training: false, rng: null }).y,
    );
    return { y: result, strangers: strangers === null ? [] : [strangers] };
  }
}
