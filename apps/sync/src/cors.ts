/** Lets the app's pages, and no others, read the answers of the demo's endpoints. */

const PREFLIGHT_LIFETIME_SECONDS = 600;

export function withCors(
  request: Request,
  appOrigins: readonly string[],
  answer: Response,
): Response {
  const headers = new Headers(answer.headers);
  headers.append("vary", "origin");
  const origin = request.headers.get("origin");
  if (origin !== null && appOrigins.includes(origin)) {
    headers.set("access-control-allow-origin", origin);
    headers.set("access-control-expose-headers", "retry-after");
  }
  return new Response(answer.body, { status: answer.status, headers });
}

/** The answer to a page that asks whether it may post. */
export function preflight(request: Request, appOrigins: readonly string[]): Response {
  const answer = withCors(request, appOrigins, new Response(null, { status: 204 }));
  if (answer.headers.has("access-control-allow-origin")) {
    answer.headers.set("access-control-allow-methods", "POST");
    answer.headers.set("access-control-allow-headers", "content-type");
    answer.headers.set("access-control-max-age", String(PREFLIGHT_LIFETIME_SECONDS));
  }
  return answer;
}
