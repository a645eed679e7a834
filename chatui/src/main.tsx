import { AppRoot } from "@wardline/uikit/components/AppRoot.tsx";
import { setUpTexts } from "@wardline/uikit/i18n/setup.ts";
import { installTrustedTypes } from "@wardline/uikit/security/trustedTypes.ts";
import { keepMeIn } from "@wardline/uikit/session/keptMe.ts";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queries } from "./api.ts";
import { offerUpdate } from "./pwa/offerUpdate.tsx";
import { registerServiceWorker } from "./pwa/register.ts";
import { router } from "./router.tsx";

installTrustedTypes();
setUpTexts(
  import.meta.glob<Record<string, unknown>>(["./i18n/*.json", "./features/*/{de,en}.json"], {
    eager: true,
    import: "default",
  }),
);

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <AppRoot queries={queries} keep={keepMeIn(window.localStorage)}>
      <RouterProvider router={router} />
    </AppRoot>
  </StrictMode>,
);

void registerServiceWorker(offerUpdate);
