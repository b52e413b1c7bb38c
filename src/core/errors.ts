/**
 * Base class of every error kompakt throws. The message says what failed, with which values, and what to do.
 */
export class KompaktError extends Error {
  override name = 'KompaktError';
}

/** A shape, rank, axis or index does not fit. */
export class ShapeError extends KompaktError {
  override name = 'ShapeError';
}

/** A dtype is unknown, unsupported by the operation, or can't be combined with another. */
export class DTypeError extends KompaktError {
  override name = 'DTypeError';
}

/** A backend is missing, lacks a kernel, ran out of memory, or two backends were mixed. */
export class BackendError extends KompaktError {
  override name = 'BackendError';
}

/** An option, a hyper-parameter or an input value is not acceptable. */
export class ConfigError extends KompaktError {
  override name = 'ConfigError';
}

/** A file or byte stream is not what it should be: truncated, corrupted, foreign or unsupported. */
export class FormatError extends KompaktError {
  override name = 'FormatError';
}

/** A tensor was used after `dispose()`, or after the scope that owned it had ended. */
export class DisposedError extends KompaktError {
  override name = 'DisposedError';
}

/** Training met a non-finite loss or value and stopped before it could spread. */
export class NonFiniteError extends KompaktError {
  override name = 'NonFiniteError';
}

/** An operation was stopped by its `AbortSignal`. */
export class AbortError extends KompaktError {
  override name = 'AbortError';
}

/** An iterative method used all its iterations; the result is usable, and says so through `converged: false`. */
export class NotConvergedWarning extends KompaktError {
  override name = 'NotConvergedWarning';
}
