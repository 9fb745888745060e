"""Songs and lyrics as tasks, whatever form the upstream has."""
