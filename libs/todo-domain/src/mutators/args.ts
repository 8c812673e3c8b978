/** The argument types that several mutators share. */

// Not `{ z }`, with which esbuild takes all of zod into the worker, its messages in 50 languages included.
import * as z from "zod";

// It would try whether code may be made from text, which the pages' content security policy forbids and reports.
z.config({ jitless: true });

export const rowId = z.string().min(1).max(64);
/** A moment given by the caller: mutators must not read a clock. */
export const moment = z.date();
export const listName = z
  .string()
  .trim()
  .min(1, "Give the list a name.")
  .max(80, "A list's name has at most 80 characters.");
export const todoTitle = z
  .string()
  .trim()
  .min(1, "Write what is to be done.")
  .max(500, "A todo has at most 500 characters.");
/** A fractional index, as the library makes them. */
export const position = z.string().min(1).max(200);
/** A secret of at least 128 random bits. */
export const inviteToken = z.string().min(16).max(64);
