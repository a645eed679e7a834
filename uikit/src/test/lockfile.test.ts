import { expect, it } from "vitest";
import lock from "../../../package-lock.json";

const packages = lock.packages as Record<string, { resolved?: string }>;

// A second copy builds without an error and then fails in the browser with
// "MantineProvider was not found".
it.each(["@mantine/core", "@mantine/hooks", "react", "react-dom", "@tanstack/react-query"])(
  "%s is there once",
  (name) => {
    const places = Object.keys(packages).filter((path) => path.endsWith(`node_modules/${name}`));
    expect(places).toEqual([`node_modules/${name}`]);
  },
);

it("names no registry", () => {
  const addresses = Object.values(packages).filter(({ resolved }) => resolved?.includes("://"));
  expect(addresses).toEqual([]);
});
