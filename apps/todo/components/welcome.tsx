/** What someone without a list sees. */

export function Welcome({ isLoaded }: { readonly isLoaded: boolean }) {
  return (
    <div className="mt-6 rounded-card md:mt-0 border border-dashed border-line px-6 py-14 text-center">
      <h1 tabIndex={-1} className="text-2xl font-semibold tracking-tight outline-none">
        {isLoaded ? "No lists yet" : "Nothing here yet"}
      </h1>
      <p className="mx-auto mt-2 max-w-sm text-soft">
        {isLoaded
          ? "Make your first one with “New list”, or open an invite link that someone sent you. Everything works without a connection, and catches up later."
          : "Your lists have not been loaded into this browser. They come as soon as you are online; a new one can be made right away."}
      </p>
    </div>
  );
}
