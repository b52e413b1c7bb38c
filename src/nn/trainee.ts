import type { Backend } from '../core/backend';
import type { Shape } from '../core/shape';
import type { CallbackModel } from './callbacks/callback';
import type { Compiled } from './compiled';
import type { Network } from './graph/network';
import type { Steps } from './steps';
import type { Variables } from './variables';

/** What training and evaluation need of a model. */
export interface Trainee {
  readonly model: CallbackModel;
  readonly network: Network;
  readonly variables: Variables;
  readonly compiled: Compiled;
  /** The steps of the network and of `compiled`. */
  readonly steps: Steps;
  readonly backend: Backend;
  /** Makes the weights if there are none; throws unless inputs `[batch, ...shape]` of those shapes fit. */
  build(...shapes: Shape[]): void;
}
