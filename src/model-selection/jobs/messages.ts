import * as errors from '../../core/errors';
import { KompaktError } from '../../core/errors';
import type { Scoring } from '../scoring/resolve';
import type { Described } from './describe';
import type { Job, Outcome } from './job';

/** A task as data. */
export interface TaskMessage {
  readonly kind: 'task';
  readonly estimator: Described;
  readonly X: Described;
  readonly y: Described;
  readonly weights: Float64Array | null;
  readonly scoring: Scoring | undefined;
  readonly what: string;
}

/** A job as data. */
export interface JobMessage {
  readonly kind: 'job';
  readonly index: number;
  readonly job: Omit<Job, 'params'>;
  readonly params: Described | null;
}

/** An error as data. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
}

/** What another thread answers. */
export type Answer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'done'; readonly index: number; readonly outcome: Outcome }
  | { readonly kind: 'failed'; readonly index: number; readonly error: ErrorData };

export function toErrorData(error: unknown): ErrorData {
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: 'Error', message: String(error) };
}

/** The error again, of its class if that is one of kompakt's. */
export function fromErrorData({ name, message }: ErrorData): Error {
  const Class = (errors as Readonly<Record<string, unknown>>)[name];
  if (typeof Class === 'function') return new (Class as new (message: string) => Error)(message);
  const error = name.endsWith('Warning') ? new KompaktError(message) : new Error(message);
  error.name = name;
  return error;
}
