"use client";

/** The invite link of a list: made on demand, copied with one click, and turned off again. */

import { invitesOfList } from "@plasma-starter/todo-domain";
import { useLiveQuery, usePlasma } from "@sh1n4ps/plasma-react";
import { useState } from "react";
import { inviteLink, newInviteToken } from "@/lib/invite-link";
import { useMutator } from "@/lib/use-mutator";
import { Button } from "./button";
import { Icon } from "./icon";
import { useNotify } from "./notices";

export function InviteLink({ listId }: { readonly listId: string }) {
  const plasma = usePlasma();
  const notify = useNotify();
  const createInvite = useMutator("createInvite");
  const revokeInvite = useMutator("revokeInvite");
  const { data: invites, status } = useLiveQuery((db) => invitesOfList(db, listId), [listId]);
  const [copied, setCopied] = useState<string | null>(null);
  const invite = invites[0];

  if (!invite) {
    return (
      <div>
        <p className="text-sm text-soft">
          Anyone who opens the invite link joins the list and can edit it.
        </p>
        <Button
          look="primary"
          className="mt-3 w-full"
          disabled={status === "loading"}
          onClick={() =>
            void createInvite({
              id: plasma.newId(),
              listId,
              token: newInviteToken(),
              createdAt: new Date(),
            })
          }
        >
          Create invite link
        </Button>
      </div>
    );
  }

  const link = inviteLink(invite.token, window.location.origin);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      setCopied(link);
    } catch {
      // Missing where the page is not served securely, or refused by the person.
      notify({ title: "Copy the link", text: "Select the link and copy it by hand." });
    }
  };
  return (
    <div>
      <label className="block text-sm font-medium">
        Invite link
        <input
          readOnly
          value={link}
          onFocus={(event) => event.currentTarget.select()}
          className="mt-1.5 block h-11 w-full rounded-xl border border-edge bg-sunken px-3 text-sm font-normal text-soft"
        />
      </label>
      <div className="mt-3 flex flex-wrap items-center gap-2">
        <Button look="primary" className="flex-1" onClick={() => void copy()}>
          <Icon name={copied === link ? "check" : "copy"} />
          {copied === link ? "Copied" : "Copy link"}
        </Button>
        <Button look="quiet" onClick={() => void revokeInvite({ id: invite.id })}>
          Turn off
        </Button>
      </div>
      <p role="status" className="mt-2 text-sm text-soft">
        {copied === link
          ? "The link is in the clipboard."
          : "Anyone who opens this link joins the list and can edit it."}
      </p>
    </div>
  );
}
