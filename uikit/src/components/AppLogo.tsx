import { Group, Text } from "@mantine/core";

/** The mark: a shield with a speech bubble's tail and a pulse inside. */
export function LogoMark({ size = 32 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 64 64" aria-hidden="true" focusable="false">
      <path
        d="M12 6h40a6 6 0 0 1 6 6v24a6 6 0 0 1-6 6H37L24 57V42H12a6 6 0 0 1-6-6V12a6 6 0 0 1 6-6z"
        fill="#0d5c66"
      />
      <path
        d="M13 25h10l5-11 8 20 5-9h10"
        fill="none"
        stroke="#ffffff"
        strokeWidth="4.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

interface Props {
  size?: number;
  /** A word after the name, such as "Konsole". */
  suffix?: string;
}

export function AppLogo({ size = 32, suffix }: Props) {
  return (
    <Group gap="xs" wrap="nowrap">
      <LogoMark size={size} />
      <Text component="span" fw={650} size={size > 40 ? "xl" : "lg"} lh={1.1}>
        Wardline
        {suffix && (
          <Text component="span" inherit c="dimmed" fw={400} visibleFrom="xs">
            {` ${suffix}`}
          </Text>
        )}
      </Text>
    </Group>
  );
}
