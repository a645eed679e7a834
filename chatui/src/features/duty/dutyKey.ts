export const dutyKey = ["duty"] as const;
