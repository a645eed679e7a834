export const membersKey = (room: string) => ["members", room] as const;
export const safetyKey = (user: string) => ["safety", user] as const;
