/** The query key of GET /api/v1/me. Setting it to null shows the sign-in page. */
export const meKey = ["me"] as const;
