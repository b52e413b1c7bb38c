import type { Backend } from '../core/backend';
import { reference } from './reference/index';

let built: Backend | undefined;

/** The backend of tensors made without naming one; built at first use, the same one ever after. */
export function defaultBackend(): Backend {
  built ??= reference();
  return built;
}
