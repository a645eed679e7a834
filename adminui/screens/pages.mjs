// What to look at: an address and, where needed, what to do there first.
const id = (n) => `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`;

export const pages = [
  { name: "overview", path: "/" },
  { name: "connectors", path: "/connectors" },
  { name: "connector-new", path: "/connectors/new" },
  { name: "connector", path: `/connectors/${id(2)}` },
  {
    name: "connector-wrong",
    path: `/connectors/${id(2)}`,
    act: async (page) => {
      await page.locator("[data-testid=field-address] input").fill("nirgends");
      await page.locator("[data-testid=field-user] input").fill("");
      await page.getByTestId("connector-save").click();
    },
  },
  {
    name: "connector-refused",
    path: `/connectors/${id(2)}`,
    act: async (page, hub) => {
      hub.override(`PUT /connectors/${id(2)}`, 422, {
        code: "invalid",
        errors: [
          { location: "body.config.address", message: "this port is used by KIS Stammdaten" },
          { location: "body.config.max_frame_bytes", message: "expected number <= 1048576" },
        ],
      });
      await page.getByTestId("connector-save").click();
    },
  },
  { name: "connector-test", path: `/connectors/${id(2)}`, act: (page) => page.getByTestId("connector-test").click() },
  { name: "connector-list", path: `/connectors/${id(1)}` },
  { name: "figures", path: `/connectors/${id(2)}?tab=figures` },
  { name: "revisions", path: `/connectors/${id(2)}?tab=revisions` },
  { name: "revert", path: `/connectors/${id(2)}?tab=revisions`, act: (page) => page.getByTestId("revision-revert").click() },
  {
    name: "token",
    path: `/connectors/${id(3)}?tab=tokens`,
    act: async (page) => {
      await page.getByLabel("Name").fill("Zabbix");
      await page.getByTestId("token-create").click();
      await page.getByTestId("code-display").waitFor();
    },
  },
  { name: "board", path: "/board" },
  { name: "alert", path: `/board?alert=${id(62)}`, act: (page) => page.getByTestId("story").waitFor() },
  { name: "rules", path: "/rules" },
  {
    name: "rule-edit",
    path: "/rules",
    act: async (page) => {
      await page.getByTestId("rule-edit").nth(1).click();
      await page.getByTestId("rule-name").waitFor();
    },
  },
  {
    name: "rules-changed",
    path: "/rules",
    act: async (page) => {
      await page.getByTestId("rule-down").first().focus();
      await page.keyboard.press("ArrowDown");
      await page.getByTestId("rules-try").click();
      await page.getByTestId("try-result").waitFor();
    },
  },
  { name: "messages", path: "/messages" },
  { name: "message", path: `/messages/${id(102)}` },
  { name: "audit", path: "/audit" },
  { name: "persons", path: "/persons" },
  { name: "person", path: `/persons/${id(201)}` },
  { name: "person-locked", path: `/persons/${id(205)}`, act: (page) => page.getByTestId("account-unlock").click() },
  {
    name: "code",
    path: `/persons/${id(203)}`,
    act: async (page) => {
      await page.getByTestId("code-create").click();
      await page.getByTestId("code-display").waitFor();
    },
  },
  { name: "units", path: "/units", act: (page) => page.getByTestId("role-add").first().click() },
  { name: "plans", path: "/plans" },
  { name: "plan", path: `/plans/${id(50)}` },
  {
    name: "plan-approve",
    path: `/plans/${id(50)}`,
    act: async (page, hub) => {
      hub.override(`POST /plans/${id(50)}/approve`, 409, { code: "stale", request_id: "r-42" });
      await page.getByTestId("plan-approve").click();
      await page.getByRole("dialog").getByRole("textbox").fill("3");
      await page.getByRole("dialog").getByRole("button", { name: "Freigeben" }).click();
      await page.getByTestId("action-error").waitFor();
    },
  },
  { name: "password", path: "/password" },
];
