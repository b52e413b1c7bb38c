/**
 * Counts a run of vitest. A file that failed before its tests began counts as one failure, and so does a run that
 * failed without a failed test (a crash, an unhandled rejection): the line never looks green when the run is not.
 *
 * @param {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
 *   testResults: { status: string, assertionResults: { status: string }[] }[] } | null} report vitest's JSON report
 * @param {number} exitCode vitest's exit code
 * @returns {string} `N passed, N failed, N skipped`
 */
export function summarize(report, exitCode) {
  const brokenFiles = (report?.testResults ?? []).filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const counted = (report?.numFailedTests ?? 0) + brokenFiles;
  const failed = exitCode !== 0 && counted === 0 ? 1 : counted;
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  return `${report?.numPassedTests ?? 0} passed, ${failed} failed, ${skipped} skipped`;
}
