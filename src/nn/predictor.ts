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

/** Runs layers for their output. Tensors it makes belong to the scope of the call. */
export class Predictor implements Owned {
  readonly pinnedBy = null;
  readonly #layers: readonly Layer[];
  readonly #runner: Runner<Args, Result>;
  /** Shapes of inputs so far: to make a plan pays where it is run again. */
  readonly #seen = new Set<string>();

  constructor(layers: readonly Layer[], compile: Compile | null) {
    this.#layers = layers;
    this.#runner = new Runner((args) => this.#body(args), compile);
  }

  /** Whether plans are run, for shapes that come again, as far as is known. */
  get isCompiled(): boolean {
    return this.#runner.isCompiled;
  }

  /** Frees the plans. It stays usable. */
  dispose(): void {
    this.#runner.dispose();
  }

  run(weights: readonly LayerWeights[], x: Tensor): Tensor {
    const args = { weights, x };
    const eagerly = (): Result => this.#body(args);
    const { y, strangers } = this.#isNew(x) ? eagerly() : this.#runner.run(args, eagerly);
    // Where nothing can be read without waiting, tokens out of range pass, as they do without a plan.
    const isWrong = strangers.some((n) => n.backend.host(n.block) !== null && n.item() > 0);
    return isWrong ? eagerly().y : y;
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
