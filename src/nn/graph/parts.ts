import type { Backend } from '../../core/backend';
import type { Seed } from '../../core/rng';
import type { Tensor } from '../../core/tensor';
import type { AnyLayer, LayerWeights } from '../layer';
import type { CompileOptions } from '../options';

/** Options that all models have. */
export interface ModelOptions {
  /** What it is called as a layer of another model. */
  readonly name?: string | null | undefined;
  /** For initial weights and, by default, shuffling and dropout. Without one, they differ from run to run. */
  readonly seed?: Seed | undefined;
  /** Where weights live and layers run; default: the default backend. */
  readonly backend?: Backend | undefined;
}

/** What a model is copied from. */
export interface ModelParts extends ModelOptions {
  readonly weights: readonly LayerWeights[];
  /** Weight path → 0/1 mask. */
  readonly masks?: ReadonlyMap<string, Tensor> | undefined;
  readonly compileOptions?: CompileOptions | null | undefined;
}

/** Other layers or weights for a copy of a model. */
export interface ModelChanges {
  /** One for each layer there is. */
  readonly layers?: readonly AnyLayer[] | undefined;
  readonly weights?: readonly LayerWeights[] | undefined;
  readonly masks?: ReadonlyMap<string, Tensor> | undefined;
  readonly compileOptions?: CompileOptions | null | undefined;
  readonly backend?: Backend | undefined;
}
