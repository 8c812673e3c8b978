/** Invite links: the token is in the fragment, which browsers send to no server and put into no referrer. */

const TOKEN_BYTES = 20;

export function newInviteToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

export function inviteLink(token: string, origin: string): string {
  return `${origin}/join#${token}`;
}

/** The token in an address, or null when it carries none. */
export function inviteTokenOf(hash: string): string | null {
  const token = hash.replace(/^#/, "");
  return /^[\w-]{16,64}$/.test(token) ? token : null;
}
