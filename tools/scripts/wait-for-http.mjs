/**
 * Polls a URL until it answers, and gives its response.
 *
 * @param {string} url
 * @param {{ timeoutMs: number, accept?: (response: Response) => boolean, isAlive?: () => boolean }} options
 *   `accept` says which response counts; `isAlive` ends the wait early when it turns false.
 * @returns {Promise<Response | undefined>} nothing when the time is up or the server is gone.
 */
export async function waitForHttp(url, { timeoutMs, accept = () => true, isAlive = () => true }) {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline && isAlive()) {
    try {
      // The first request to a development server may compile a page, so it gets all the time.
      const signal = AbortSignal.timeout(Math.max(1_000, deadline - Date.now()));
      const response = await fetch(url, { signal, redirect: "manual" });
      if (accept(response)) return response;
      await response.body?.cancel();
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return undefined;
}
