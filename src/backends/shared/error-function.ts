/*
 * Coefficients of polynomials for erf and Φ in float32, lowest power first: minimax fits in float64, rounded; the error that
 * they add is below a quarter of a unit in the last place.
 */

/** erf(x)/x − 1 as a polynomial in x² for |x| < 0.9. */
export const ERF_SMALL: readonly number[] = [
  0.128379151, -0.376125336, 0.112822302, -0.0267819576, 0.00501622865, -0.000611129391,
];
/** −log(erfc(x))/x for x in [0.9, 4]; erfc(4) is nothing beside 1. */
export const LOG_ERFC: readonly number[] = [
  1.12852144, 0.635694861, 0.105292201, -0.0229090936, 0.00322082359, -0.000214685933,
];
/** x·Φ(−x)·exp(x²/2) at 1.5, and what is added to it elsewhere, over t, as a polynomial in t = (x − 1.5)/(x + 2.5), for x in [0.73, 15]. */
export const MILLS_MIDDLE = 0.308670998;
export const MILLS_REST: readonly number[] = [
  0.281495005, -0.318360448, 0.134030238, 0.0178197287, -0.0238211937, -0.00693159597, 0.00345334364, 0.00491526397,
  -0.00232930272,
];
/** (Φ(x) − ½)/x as a polynomial in x² for |x| < 0.74. */
export const PHI_SMALL: readonly number[] = [0.398942292, -0.0664904863, 0.00997319911, -0.00118262076, 0.000103567989];
