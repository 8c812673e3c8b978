/** What stands in for the lists until the first of them are here. It has their measures, so that nothing jumps. */

export function WorkspaceSkeleton() {
  return (
    <main
      id="content"
      tabIndex={-1}
      aria-busy="true"
      className="mx-auto grid max-w-6xl items-start gap-x-10 px-4 pt-5 outline-none sm:px-6 md:grid-cols-[16rem_minmax(0,1fr)] md:pt-9"
    >
      <p role="status" className="sr-only">
        Loading your lists …
      </p>
      <div aria-hidden="true" className="space-y-2">
        <Bar className="mb-4 h-8 w-32 md:mb-3 md:ml-3 md:h-5 md:w-20" />
        <Bar className="h-13 w-full md:h-11" />
        <Bar className="h-13 w-full md:h-11" />
      </div>
      <div aria-hidden="true" className="space-y-2 max-md:hidden">
        <Bar className="mb-5 h-11 w-64" />
        <Bar className="h-10 w-56" />
        <Bar className="h-13.5 w-full" />
        <Bar className="h-13.5 w-full" />
        <Bar className="h-13.5 w-full" />
      </div>
    </main>
  );
}

function Bar({ className }: { readonly className: string }) {
  return <div className={`animate-pulse rounded-xl bg-sunken ${className}`} />;
}
