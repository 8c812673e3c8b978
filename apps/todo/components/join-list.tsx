"use client";

/** Joins the list that an invite link names, and goes there. The server decides, so that takes a connection. */

import { members } from "@plasma-starter/todo-domain";
import type { AppMutators } from "@plasma-starter/todo-domain";
import { eq } from "@sh1n4ps/plasma-core";
import { useMutation, usePlasma, useSyncStatus } from "@sh1n4ps/plasma-react";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { describeError } from "@/lib/describe-error";
import { inviteTokenOf } from "@/lib/invite-link";
import { listHref } from "@/lib/use-selected-list";
import { Button } from "./button";
import { PageMessage } from "./page-message";
import { RefusedChanges } from "./refused-changes";
import { usePerson } from "./session-provider";

export function JoinList() {
  const me = usePerson();
  if (!me) return <PageMessage title="One moment …">The invite link is being read.</PageMessage>;
  return <Invitation key={me.id} name={me.name} />;
}

function Invitation({ name }: { readonly name: string }) {
  const plasma = usePlasma();
  const router = useRouter();
  const { connection } = useSyncStatus();
  const [token] = useState(() => inviteTokenOf(window.location.hash));
  const [isJoining, setIsJoining] = useState(false);
  const { mutate: joinList, error } = useMutation<AppMutators, "joinList">("joinList", {
    onError: () => setIsJoining(false),
    onRejected: () => setIsJoining(false),
    onConfirmed: async ({ membershipId }) => {
      const [membership] = await plasma.db
        .select()
        .from(members)
        .where(eq(members.id, membershipId));
      // Whoever was a member already has got no new membership.
      router.replace(membership ? listHref(membership.listId) : "/");
    },
  });

  if (!token) {
    return (
      <PageMessage
        title="This link is not complete"
        action={{ href: "/", label: "Go to your lists" }}
      >
        Part of the invite link is missing. Copy all of it, or ask for a new one.
      </PageMessage>
    );
  }
  const join = () => {
    setIsJoining(true);
    void joinList({ token, membershipId: plasma.newId(), joinedAt: new Date() });
  };
  return (
    <>
      <div className="mx-auto max-w-xl px-4 pt-6">
        <RefusedChanges />
      </div>
      <PageMessage title="You are invited to a list">
        <p>Whoever is in it sees its todos and can change them.</p>
        <Button
          look="primary"
          className="mt-8 min-h-12 px-6 text-base"
          disabled={isJoining}
          onClick={join}
        >
          {isJoining ? "Joining …" : `Join as ${name}`}
        </Button>
        <p role="status" className="mt-4 text-sm">
          {isJoining &&
            connection === "offline" &&
            "You are offline. You join as soon as there is a connection."}
          {error && <span className="text-danger">{describeError(error)}</span>}
        </p>
      </PageMessage>
    </>
  );
}
