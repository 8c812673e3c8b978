import { PageMessage } from "@/components/page-message";

export default function NotFoundPage() {
  return (
    <PageMessage
      title="There is nothing here"
      action={{ href: "/", label: "Go to the start page" }}
    >
      The address may be mistyped, or the page has moved.
    </PageMessage>
  );
}
