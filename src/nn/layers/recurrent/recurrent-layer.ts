import type { AnyLayer, Layer } from '../../layer';
import type { SequenceConfig } from './options';

/** A recurrent layer that knows how to be one with other options. */
export interface RecurrentLayer extends Layer {
  /** How many tensors its state is. */
  readonly stateCount: number;
  /** A layer like it, with some options changed. */
  changed(options: Partial<SequenceConfig>): AnyLayer;
}

/** Whether a layer is such a one. */
export const isRecurrent = (layer: AnyLayer): layer is RecurrentLayer => 'changed' in layer && 'stateCount' in layer;
