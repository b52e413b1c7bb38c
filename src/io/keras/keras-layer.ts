import type { AnyLayer } from '../../nn/layer';
import type { Json } from './json';

/** A layer as the file describes it. */
export interface KerasLayer {
  readonly className: string;
  /** Keras's name, unique in its model. */
  readonly name: string;
  readonly config: Json;
  /** `package>Class`, for classes that were registered by their users. */
  readonly registeredName: string | null;
  readonly module: string | null;
}

/** A layer of ours, with those that turn the axes of its inputs and outputs where Keras's has its channels first. */
export interface MadeLayer {
  readonly before: readonly AnyLayer[];
  readonly layer: AnyLayer;
  readonly after: readonly AnyLayer[];
}
