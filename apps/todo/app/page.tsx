import { Suspense } from "react";
import { Workspace } from "@/components/workspace";
import { WorkspaceSkeleton } from "@/components/workspace-skeleton";

export default function HomePage() {
  return (
    // The selected list is in the query string, which a static page learns in the browser only.
    <Suspense fallback={<WorkspaceSkeleton />}>
      <Workspace />
    </Suspense>
  );
}
