"use client";

/** How every component of the app changes rows: a mutation that tells the person when it could not be made. */

import type { AppMutators } from "@plasma-starter/todo-domain";
import { useMutation } from "@sh1n4ps/plasma-react";
import { useNotify } from "@/components/notices";
import { describeError } from "./describe-error";
import { describeMutation } from "./describe-mutation";

export function useMutator<K extends keyof AppMutators & string>(name: K) {
  const notify = useNotify();
  return useMutation<AppMutators, K>(name, {
    onError: (error, args) =>
      notify({ title: describeMutation(name, args), text: describeError(error) }),
  }).mutate;
}
