import { Anchor } from "@mantine/core";
import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";

interface Props {
  to: LinkProps["to"];
  params?: Record<string, string>;
  search?: Record<string, string>;
  /** Names in tables and lists: bold, underlined only under the pointer. */
  strong?: boolean;
  children: ReactNode;
}

/** LinkTo is a link inside the console that looks like one. */
export function LinkTo({ to, params = {}, search = {}, strong = false, children }: Props) {
  // The router types its params by each address; here the address is a variable.
  const place = { to, params, search } as LinkProps;
  return (
    <Anchor
      renderRoot={(props) => <Link {...props} {...place} />}
      inherit
      underline={strong ? "hover" : "always"}
      {...(strong ? { fw: 600 } : {})}
    >
      {children}
    </Anchor>
  );
}
