import type { Metadata } from "next";
import { JoinList } from "@/components/join-list";

export const metadata: Metadata = { title: "Join a list" };

export default function JoinPage() {
  return <JoinList />;
}
