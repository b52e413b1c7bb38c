import type { Owned } from '../core/lifetime';
import type { Tensor } from '../core/tensor';
import { carriedOn } from './carried';
import { forward } from './forward';
import type { Network } from './graph/network';
import { deferringChecks } from './indices';
import type { LayerWeights, Params } from './layer';
import { type Compile, Runner } from './runner';

interface Args {
  readonly weights: readonly LayerWeights[];
  readonly xs: readonly Tensor[];
}

interface Result {
  readonly ys: readonly Tensor[];
  /** What stateful layers carry on, layer by layer. */
  readonly carried: readonly Params[];
  /** How many tokens were out of range, where that was not checked on the way. */
  readonly strangers: readonly Tensor[];
}

/** Most shapes that are remembered as seen once. */
const MOST_SHAPES = 32;
/** After so many calls with the same weights, they are taken for constant however often they changed before. */
const MOST_PATIENCE = 64;

/**
 * Runs a network for its outputs. Tensors it makes belong to the scope of the call.
 *
 * Weights that stay the same from call to call are constants of the plans, so that what depends on them alone is computed
 * once. Such plans go when the weights change; the more often that happens, the later new ones are made, and weights are
 * arguments of plans until then.
 */
export class Predictor implements Owned {
  readonly pinnedBy = null;
  readonly #network: Network;
  readonly #open: Runner<Args, Result>;
  readonly #fixed: Runner<readonly Tensor[], Result>;
  /** Shapes of inputs so far: to make a plan pays where it is run again. */
  readonly #seen = new Set<string>();
  #weights: readonly LayerWeights[] = [];
  /** Calls with these weights. */
  #calls = 0;
  #patience = 1;
  #isFixed = false;

  constructor(network: Network, compile: Compile | null) {
    this.#network = network;
    this.#open = new Runner((args) => this.#body(args), compile);
    this.#fixed = new Runner((xs) => this.#body({ weights: this.#weights, xs }), compile);
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

  run(weights: readonly LayerWeights[], xs: readonly Tensor[]): Pick<Result, 'ys' | 'carried'> {
    this.#count(weights);
    const args = { weights, xs };
    const eagerly = (): Result => this.#body(args);
    const result = this.#isNew(xs) ? eagerly() : this.#plan(args, eagerly);
    // Where nothing can be read without waiting, tokens out of range pass, as they do without a plan.
    const isWrong = result.strangers.some((n) => n.backend.host(n.block) !== null && n.item() > 0);
    return isWrong ? eagerly() : result;
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
    return this.#fixed.run(args.xs, eagerly);
  }

  #isNew(xs: readonly Tensor[]): boolean {
    const key = xs.map(({ shape }) => shape.join()).join(' ');
    if (this.#seen.has(key)) return false;
    if (this.#seen.size < MOST_SHAPES) this.#seen.add(key);
    return true;
  }

  #body({ weights, xs }: Args): Result {
    const { result, strangers } = deferringChecks(() =>
      forward(this.#network, weights, xs, { training: false, rng: null }),
    );
    return {
      ys: result.ys,
      carried: carriedOn(this.#network, result.state),
      strangers: strangers === null ? [] : [strangers],
    };
  }
}
