import { expect, it } from "vitest";
import { inviteLink, inviteTokenOf, newInviteToken } from "./invite-link.ts";

it("makes tokens that nobody guesses and that survive the way through a link", () => {
  const tokens = new Set(Array.from({ length: 200 }, newInviteToken));
  expect(tokens.size).toBe(200);
  for (const token of tokens) {
    expect(token.length).toBeGreaterThanOrEqual(22);
    const link = new URL(inviteLink(token, "https://app.example"));
    expect(inviteTokenOf(link.hash)).toBe(token);
  }
});

it("keeps the token out of everything that is sent to a server", () => {
  const link = new URL(inviteLink("abcdefghijklmnopqrst", "https://app.example"));
  expect(link.pathname + link.search).toBe("/join");
});

it.each(["", "#", "#short", "#has spaces in the middle", "#<script>alert(1)</script>"])(
  "finds no token in %j",
  (hash) => {
    expect(inviteTokenOf(hash)).toBeNull();
  },
);
