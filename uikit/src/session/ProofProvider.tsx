import { Modal } from "@mantine/core";
import { createContext, use, useCallback, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api/problem.ts";
import { StepUpForm } from "./StepUpForm.tsx";

/** Prove runs an act; where the hub wants a fresh proof first it asks for one and runs it again. */
export type Prove = <T>(act: () => Promise<T>) => Promise<T>;

interface Waiting {
  proved(): void;
  given(): void;
}

const ProofContext = createContext<Prove | null>(null);

function wantsProof(error: unknown): boolean {
  return error instanceof ApiError && error.status === 403 && error.problem.code === "step_up";
}

/** ProofProvider holds the one dialog that asks again who is there. */
export function ProofProvider({ children }: { children: ReactNode }) {
  const { t } = useTranslation("ui");
  const [waiting, setWaiting] = useState<Waiting | null>(null);
  const prove = useCallback<Prove>(async (act) => {
    try {
      return await act();
    } catch (error) {
      if (!wantsProof(error)) throw error;
      await new Promise<void>((resolve, reject) => {
        setWaiting({ proved: resolve, given: () => reject(error as ApiError) });
      });
      return await act();
    }
  }, []);
  const end = (how: "proved" | "given") => (): void => {
    waiting?.[how]();
    setWaiting(null);
  };
  return (
    <ProofContext value={prove}>
      {children}
      <Modal
        opened={waiting !== null}
        onClose={end("given")}
        title={t("session.stepUp.title")}
        closeButtonProps={{ "aria-label": t("close") }}
      >
        <StepUpForm onProved={end("proved")} />
      </Modal>
    </ProofContext>
  );
}

export function useProve(): Prove {
  const prove = use(ProofContext);
  if (!prove) throw new Error("useProve needs a ProofProvider above it");
  return prove;
}
