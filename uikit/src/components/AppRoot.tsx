import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "../theme/base.css";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider, type QueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { KeptMe } from "../session/keptMe.ts";
import { LinkSignIn } from "../session/LinkSignIn.tsx";
import { ProofProvider } from "../session/ProofProvider.tsx";
import { SessionProvider } from "../session/SessionProvider.tsx";
import { cssVariables, theme } from "../theme/theme.ts";
import { ErrorState } from "./ErrorState.tsx";
import { PagePending } from "./PagePending.tsx";

interface Props {
  queries: QueryClient;
  /** See SessionProvider: only the chat client opens without a network. */
  keep?: KeptMe | null;
  children: ReactNode;
}

/** AppRoot holds what both apps have around their router. */
export function AppRoot({ queries, keep = null, children }: Props) {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <Notifications position="top-right" />
      <QueryClientProvider client={queries}>
        <SessionProvider
          keep={keep}
          pending={<PagePending />}
          failed={(error, retry) => <ErrorState error={error} onRetry={retry} />}
        >
          <ProofProvider>
            <LinkSignIn>{children}</LinkSignIn>
          </ProofProvider>
        </SessionProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}
