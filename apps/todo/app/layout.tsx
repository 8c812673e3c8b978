/** The frame of every page: language, metadata, theme, and the provider of the person's client. */

import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { AppHeader } from "@/components/app-header";
import { NoticeProvider } from "@/components/notices";
import { ServiceWorker } from "@/components/service-worker";
import { SessionProvider } from "@/components/session-provider";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "Plasma lists", template: "%s · Plasma lists" },
  description: "Shared to-do lists that work offline and keep themselves in step.",
  manifest: "/manifest.webmanifest",
  icons: { icon: "/icon.svg", apple: "/icon.svg" },
  // The invite token is in the address of the join page: it must not travel in a referrer.
  referrer: "no-referrer",
};

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f6f5f1" },
    { media: "(prefers-color-scheme: dark)", color: "#141318" },
  ],
};

export default function RootLayout({ children }: { readonly children: ReactNode }) {
  return (
    // theme.js sets the remembered theme on this element before React sees it.
    <html lang="en" suppressHydrationWarning>
      <head>
        {/* Blocking on purpose: a deferred script would let the page flash in the other theme. */}
        <script src="/theme.js" />
      </head>
      <body>
        <a href="#content" className="skip-link">
          Skip to content
        </a>
        <SessionProvider>
          <NoticeProvider>
            <AppHeader />
            {children}
          </NoticeProvider>
        </SessionProvider>
        <ServiceWorker />
      </body>
    </html>
  );
}
