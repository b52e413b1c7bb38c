import type { Backend } from '../core/backend';
import { currentFrame, type Frame, type Owned, runWithin } from '../core/lifetime';
import { eachTensor, mapNest, markTensors, type Nest } from '../core/nest';
import { scope } from '../core/scope';
import { Tensor } from '../core/tensor';
import type { OptimizerState } from '../optim/index';
import type { LayerWeights, Params } from './layer';

/**
 * The tensors a model owns. They live in the scope in which the model was made, also when they are replaced while other
 * scopes are open, and are freed by `dispose`.
 *
 * The fields are public so that a scope that returns a model finds its tensors.
 */
export class Variables {
  weights: readonly LayerWeights[] = [];
  /** Weight path (`dense_1/kernel`) → 0/1. */
  masks: ReadonlyMap<string, Tensor> = new Map();
  optimizerState: OptimizerState | null = null;
  readonly #owner: Frame | undefined = currentFrame();
  #onNewWeights: (() => void) | null = null;

  /** Calls `f` before weights are replaced, so that whoever holds them lets go. */
  beforeNewWeights(f: () => void): void {
    this.#onNewWeights = f;
  }

  /** Runs `make`, frees what it leaves over, and keeps its result for the model. */
  keep<T>(make: () => T): T {
    return runWithin(this.#owner, () => scope(make));
  }

  /** Frees `item` with the scope in which the model was made, if not before. */
  own(item: Owned): void {
    let frame = this.#owner;
    while (frame?.isClosed) frame = frame.parent;
    frame?.add(item);
  }

  /** Takes new tensors in the place of old ones, freeing those that are not used any more. */
  replace(next: {
    weights?: readonly LayerWeights[];
    masks?: ReadonlyMap<string, Tensor>;
    optimizerState?: OptimizerState | null;
  }): void {
    const { weights, masks, optimizerState } = this;
    if (next.weights !== undefined) {
      this.#onNewWeights?.();
      this.weights = next.weights;
    }
    if (next.masks !== undefined) this.masks = next.masks;
    if (next.optimizerState !== undefined) this.optimizerState = next.optimizerState;
    this.#disposeOthers([weights, masks, optimizerState]);
  }

  /** Takes over what stateful layers carry from the last batch to the next: entries of the state of each layer. */
  carryOn(carried: readonly Params[]): void {
    const copies = this.keep(() =>
      carried.map((own) => Object.fromEntries(Object.entries(own).map(([name, t]) => [name, ownCopy(t, t.backend)]))),
    );
    this.replace({
      weights: this.weights.map((w, i) => ({ params: w.params, state: { ...w.state, ...copies[i] } })),
    });
  }

  /** Frees tensors made to replace those of the model, but not taken. */
  discard(made: unknown): void {
    this.#disposeOthers(made);
  }

  /** Frees the tensors in `nest` that the model does not own. */
  #disposeOthers(nest: unknown): void {
    const own = markTensors([this.weights, this.masks, this.optimizerState]);
    eachTensor(nest, (t) => {
      if (t.mark !== own) t.dispose();
    });
  }

  dispose(): void {
    this.replace({ weights: [], masks: new Map(), optimizerState: null });
  }
}

/** `t` for another owner on `backend`: tensors never change, so memory is shared where it can be. */
export function ownCopy(t: Tensor, backend: Backend): Tensor {
  const isHere = t.backend === backend;
  const isDistant = t.backend.host(t.block) === null;
  // Of a view, only what it shows is kept; where that can't be read at once, all of its memory is.
  if (isHere && (isDistant || (t.isContiguous && t.size === t.block.length)))
    return t.view({ shape: t.shape, strides: t.strides, offset: t.offset });
  return Tensor.from(backend, t.dataSync(), t.dtype, t.shape);
}

/** The same nest with an own copy of every tensor; other leaves stay. */
export function ownCopies<T>(nest: T, backend: Backend): T {
  return mapNest(nest as Nest<unknown>, (leaf) => (leaf instanceof Tensor ? ownCopy(leaf, backend) : leaf)) as T;
}
